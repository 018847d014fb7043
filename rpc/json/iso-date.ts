const shape = /^\d{4}-(\d\d)-(\d\d)T(\d\d):\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/;

/** Epoch milliseconds as JSON.stringify prints a Date of them; null beyond what a Date can hold. */
export function isoDate(epoch: number | bigint): string | null {
  const date = new Date(Number(epoch));
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** Epoch milliseconds of an ISO 8601 date and time with its offset; null for anything else, a 30th of February too. */
export function epochOfIsoDate(text: string): number | null {
  const parts = shape.exec(text);
  if (parts === null) return null;
  const epoch = Date.parse(text);
  if (Number.isNaN(epoch)) return null;
  // Date.parse takes some days that do not exist for those after them.
  const days = new Date(Date.UTC(Number(text.slice(0, 4)), Number(parts[1]), 0)).getUTCDate();
  return Number(parts[2]) <= days ? epoch : null;
}
