/** A question was given up because its answer is larger than the bytes allowed. */
export class RowsTooMany extends Error {
  /** So many rows fitted; at least one. */
  readonly fitting: number;

  constructor(fitting: number) {
    super(`the answer is larger than allowed: ${fitting} rows fit`);
    this.fitting = fitting;
  }
}
