import { html, type TemplateResult } from 'lit-html';
import type { FeatureStatus } from '../../../api/contract/answers/index.ts';
import { handoverDuring } from '../../../feature/stages.ts';
import { stageName } from '../pure/words.ts';

const lane = ['legacy', 'copying', 'syncing', 'extracted', 'finished'] as const;

/** Where the feature is on its way through the stages, with the transition that it is on. */
export function stageLane({ stage, handover }: Pick<FeatureStatus, 'stage' | 'handover'>): TemplateResult {
  const rules = handoverDuring(stage);
  const at = lane.indexOf((rules?.from ?? stage) as (typeof lane)[number]);
  const to = rules === undefined ? at : lane.indexOf(rules.to as (typeof lane)[number]);
  const [low, high] = [Math.min(at, to), Math.max(at, to)];
  const classOf = (index: number) =>
    index < low ? 'passed' : index > high ? 'ahead' : rules === undefined ? 'here' : 'between';
  const text = stageName(stage);
  const more = handover === null ? '' : `, ${handover.phase}`;
  return html`<div class="lane">
    <div class="steps" role="img" aria-label="Stage ${text}, of ${lane.join(', ')}">
      ${lane.map((_, index) => html`<span class=${classOf(index)}></span>`)}
    </div>
    <span class="stage">${text}${more}</span>
  </div>`;
}
