import type { CaptureKind } from '../../mover/index.ts';

/** What BANYAN_TEST_CAPTURE says, so that tests of moves and handovers can be run with either capture; triggers unless set. */
export function testedCapture(): CaptureKind {
  return process.env.BANYAN_TEST_CAPTURE === 'binlog' ? 'binlog' : 'triggers';
}
