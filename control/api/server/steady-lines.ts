import type { OnProgress, Progress } from '../../progress.ts';

const linesEveryMs = 100;

/**
 * Passes progress on no faster than a reader can follow: every step, and of counts one in 100 ms. The last count of a step is
 * passed on when the next one begins, so that no bar ends at half its length; `flush` passes on what is left.
 */
export function steadyLines(
  write: OnProgress,
  isBusy: () => boolean = () => false,
): { readonly onProgress: OnProgress; flush(): void } {
  let lastAt = Number.NEGATIVE_INFINITY;
  let lastSubject = '';
  let skipped: Progress | null = null;
  const flush = () => {
    if (skipped !== null) write(skipped);
    skipped = null;
  };
  const onProgress = (progress: Progress) => {
    const subject = `${progress.phase}/${progress.done === undefined ? progress.about : ''}`;
    const now = performance.now();
    if (subject === lastSubject && (now - lastAt < linesEveryMs || isBusy())) {
      skipped = progress;
      return;
    }
    if (subject !== lastSubject) flush();
    skipped = null;
    lastAt = now;
    lastSubject = subject;
    write(progress);
  };
  return { onProgress, flush };
}
