import type { Response } from 'express';
import { describeError } from '../../common/errors.ts';
import type { OnProgress, Progress } from '../progress.ts';

const linesEveryMs = 100;

/**
 * Answers with lines of JSON: progress while the work runs, and last its result or its error. The work does not belong
 * to the connection: when the client goes away it goes on.
 */
export async function streamWork(
  response: Response,
  work: (onProgress: OnProgress) => Promise<unknown>,
): Promise<void> {
  response.status(200).type('application/x-ndjson').setHeader('cache-control', 'no-store');
  response.flushHeaders();
  let gone = false;
  response.on('close', () => {
    gone = true;
  });
  response.on('error', () => {
    gone = true;
  });
  const write = (line: object) => {
    if (!gone) response.write(`${JSON.stringify(line)}\n`);
  };
  let lastAt = Number.NEGATIVE_INFINITY;
  let lastSubject = '';
  let skipped: Progress | null = null;
  const flush = () => {
    if (skipped !== null) write({ type: 'progress', ...skipped });
    skipped = null;
  };
  const onProgress = (progress: Progress) => {
    const subject = `${progress.phase}/${progress.done === undefined ? progress.about : ''}`;
    const now = performance.now();
    // Every step is told; of counts only as many as a reader can follow, and none while it does not read.
    if (subject === lastSubject && (now - lastAt < linesEveryMs || response.writableNeedDrain)) {
      skipped = progress;
      return;
    }
    // The last count of a step is told when the next one begins: no bar ends at half its length.
    if (subject !== lastSubject) flush();
    skipped = null;
    lastAt = now;
    lastSubject = subject;
    write({ type: 'progress', ...progress });
  };
  try {
    const result = await work(onProgress);
    flush();
    write({ type: 'result', result });
  } catch (error) {
    const { code, message, fix, faults, details } = describeError(error);
    write({ type: 'error', error: { code, message, fix, faults, details } });
  }
  response.end();
}
