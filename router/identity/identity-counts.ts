/** How often the users of one feature's requests were known, and how the others ended. */
export interface IdentityCounts {
  /** Sub-requests to the monolith. */
  asked: number;
  /** Requests that went on with a user. */
  identified: number;
  /** Requests that went on without one. */
  anonymous: number;
  /** Requests that were answered with the monolith's refusal. */
  refused: number;
  /** Requests that were answered with 503: the monolith did not say. */
  failed: number;
}

export function noIdentityCounts(): IdentityCounts {
  return { asked: 0, identified: 0, anonymous: 0, refused: 0, failed: 0 };
}

/** By feature. */
export type IdentityReport = Readonly<Record<string, Readonly<IdentityCounts>>>;

/** What each service's identities counted; a service that was replaced counts from then. */
export function identityReport(
  services: ReadonlyMap<string, { readonly identities?: { readonly counts: IdentityCounts } }>,
): IdentityReport {
  return Object.fromEntries(
    [...services].flatMap(([feature, { identities }]) =>
      identities === undefined ? [] : [[feature, { ...identities.counts }]],
    ),
  );
}

/** The workers of one router as one. */
export function mergeIdentityReports(reports: readonly IdentityReport[]): IdentityReport {
  const merged: Record<string, IdentityCounts> = {};
  for (const [feature, counts] of reports.flatMap((report) => Object.entries(report))) {
    merged[feature] ??= noIdentityCounts();
    const sum = merged[feature];
    for (const name of Object.keys(sum) as (keyof IdentityCounts)[]) sum[name] += counts[name];
  }
  return merged;
}
