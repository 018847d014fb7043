/** One operation of one client on one register (a row's column, by its key). Times are of one clock, in any unit. */
export interface Operation<Value> {
  readonly kind: 'read' | 'write';
  /** What was written, or what the read returned. */
  readonly value: Value;
  readonly calledAt: number;
  /** Infinity: no answer came, so nobody knows whether it took effect, or when. */
  readonly returnedAt: number;
}
