/** An answer, whole, as it is compared. */
export interface Answer {
  readonly status: number;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  /** With its content coding taken off; null where there is none. */
  readonly body: Buffer | null;
}
