import type { ProgressStep } from '../../terminal/progress.ts';
import type { FeatureAction, ProgressLine } from '../admin-types.ts';
import type { CommandContext } from '../command-context.ts';

/** Has the control process do one thing to a feature, with progress on stderr. */
export function runAction<Result>(
  context: CommandContext,
  feature: string,
  action: FeatureAction,
  body: Readonly<Record<string, unknown>>,
): Promise<Result> {
  return context.withAdmin(feature, async (admin) => {
    const view = context.progress();
    try {
      return await admin.act<Result>(feature, action, body, {
        signal: context.io.signal,
        onProgress: (line) => view.update(progressStep(line)),
      });
    } finally {
      view.stop();
    }
  });
}

/** A line of the admin API as a step of the bar. */
export function progressStep({ etaSeconds, ...line }: ProgressLine): ProgressStep {
  return etaSeconds == null ? line : { ...line, etaSeconds };
}
