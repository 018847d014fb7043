import type { Response } from 'express';
import type { OnProgress } from '../../progress.ts';
import { bodyOf } from './answer-error.ts';
import { steadyLines } from './steady-lines.ts';

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
  const lines = steadyLines(
    (progress) => write({ type: 'progress', ...progress }),
    () => response.writableNeedDrain,
  );
  try {
    const result = await work(lines.onProgress);
    lines.flush();
    write({ type: 'result', result });
  } catch (error) {
    write({ type: 'error', error: bodyOf(response, error) });
  }
  response.end();
}
