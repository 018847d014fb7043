import type {
  ActionAnswer,
  ActionBody,
  ActionOptions,
  AdminClient,
  FeatureAction,
  OrderAnswer,
  OrderBody,
  OrderName,
  ProgressLine,
} from '../../../control/api/index.ts';
import type { ProgressStep } from '../../terminal/progress.ts';
import type { CommandContext } from '../command-context.ts';

/** Has the control process do one thing to a feature, with progress on stderr. */
export function runAction<A extends FeatureAction>(
  context: CommandContext,
  feature: string,
  action: A,
  body: ActionBody<A>,
): Promise<ActionAnswer<A>> {
  return withProgress(context, feature, (admin, options) => admin.act(feature, action, body, options));
}

/** The same of what is about no feature, or about several. */
export function runOrder<O extends OrderName>(
  context: CommandContext,
  order: O,
  body: OrderBody<O>,
): Promise<OrderAnswer<O>> {
  return withProgress(context, undefined, (admin, options) => admin.order(order, body, options));
}

function withProgress<Answer>(
  context: CommandContext,
  feature: string | undefined,
  work: (admin: AdminClient, options: ActionOptions) => Promise<Answer>,
): Promise<Answer> {
  return context.withAdmin(feature, async (admin) => {
    const view = context.progress();
    try {
      const onProgress = (line: ProgressLine) => view.update(progressStep(line));
      return await work(admin, { signal: context.io.signal, onProgress });
    } finally {
      view.stop();
    }
  });
}

/** A line of the admin API as a step of the bar. */
export function progressStep({ etaSeconds, ...line }: ProgressLine): ProgressStep {
  return etaSeconds == null ? line : { ...line, etaSeconds };
}
