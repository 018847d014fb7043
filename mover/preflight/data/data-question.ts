/** Something that can only be seen in the rows. */
export interface DataQuestion {
  /** SQL over one row of the source, true for rows of this kind. */
  readonly condition: string;
  /** What such rows hold: `column t holds a TIME beyond …`. */
  readonly what: string;
  readonly fix: string;
  /** The move cannot carry them; else they arrive with a difference that does not count. */
  readonly refused: boolean;
}
