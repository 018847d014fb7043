import type { FeatureState } from '../feature/index.ts';
import { type FeatureRunner, requiredDirection } from '../runner/index.ts';

const lookEveryMs = 5_000;

/**
 * Looks whether banyan's accounts still have the rights that a moving feature needs. Triggers run with them: once one is taken away, writes
 * of the application fail on its tables, and nothing of banyan's own need fail before the next handover.
 */
export class RightsWatch {
  #looking = false;
  #dueAt = 0;
  #finding: string | null = null;

  /** What the last look found; null: nothing lacks, or there is nothing to look after. */
  get finding(): string | null {
    return this.#finding;
  }

  /** Begins a look when one is due, unless the last one is still under way: a server that hangs keeps nobody waiting. */
  begin(runner: FeatureRunner, state: FeatureState): void {
    const direction = requiredDirection(state);
    if (direction === null) {
      this.#finding = null;
      return;
    }
    if (this.#looking || performance.now() < this.#dueAt) return;
    this.#looking = true;
    this.#look(runner, direction)
      // Of a server that cannot be asked the move's own trouble tells.
      .catch(() => {
        this.#finding = null;
      })
      .finally(() => {
        this.#looking = false;
        this.#dueAt = performance.now() + lookEveryMs;
      });
  }

  async #look(runner: FeatureRunner, direction: 'forward' | 'reverse'): Promise<void> {
    const move = await runner.move(direction);
    const owner = await move.lackingRights('source');
    const lacking = [...owner, ...(await move.lackingRights('target'))];
    const [first] = lacking;
    if (first === undefined) {
      this.#finding = null;
      return;
    }
    const more = lacking.length > 1 ? `, and ${lacking.length - 1} more` : '';
    const harm =
      owner.length > 0
        ? ': writes of the application may fail there, since triggers run with its rights'
        : '';
    this.#finding = `${first.what}${more}${harm}. \`banyan grants\` prints what it needs, for both servers`;
  }
}
