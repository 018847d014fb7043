// Branch by abstraction for callers inside the monolith and for jobs: `banyan/seam`.
export { type FreshReadsOptions, freshReads, staleHeader } from './fresh-reads.ts';
export { type SeamOptions, seam } from './seam.ts';
export { openSeams, type SeamLink, type SeamLinkOptions } from './seam-link.ts';
