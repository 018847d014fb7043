import type { MoveContext } from '../move-context.ts';
import { capturedBy } from '../move-spec.ts';
import type { ForeignKey } from '../shape/foreign-key.ts';
import { BinlogCapture } from './binlog/binlog-capture.ts';
import type { Capture, CapturedTable } from './capture.ts';
import { TriggerCapture } from './triggers/trigger-capture.ts';

/** The capture that the move's spec asks for. What is left of one of the other kind is taken down first. */
export function makeCapture(
  context: MoveContext,
  tables: readonly CapturedTable[],
  foreignKeys: readonly ForeignKey[],
): Capture {
  const triggers = new TriggerCapture(context, tables, foreignKeys);
  const binlog = new BinlogCapture(context, tables);
  const [wanted, other] =
    capturedBy(context.spec, 'source') === 'binlog' ? [binlog, triggers] : [triggers, binlog];
  const dropOther = async (signal: AbortSignal) => {
    if ((await other.state()) !== 'none') await other.drop(signal);
  };
  return {
    logs: wanted.logs,
    state: () => wanted.state(),
    check: (source) => wanted.check(source),
    pending: (source, options) => wanted.pending(source, options),
    horizon: (source) => wanted.horizon(source),
    install: async (signal) => {
      await dropOther(signal);
      await wanted.install(signal);
    },
    renew: async (signal) => {
      await dropOther(signal);
      await wanted.renew(signal);
    },
    // Triggers go before the logs that they write to, whichever kind those are of now.
    drop: async (signal) => {
      await triggers.drop(signal);
      await binlog.drop(signal);
    },
    close: async () => {
      await wanted.close();
      await other.close();
    },
  };
}
