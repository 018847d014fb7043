/** Compact type numbers by those of the binary protocol; -1 where there is none. */
export const compactType: readonly number[] = [0, -1, 1, 3, 7, -1, 4, -1, 5, -1, 6, 8, 12, 11, 10, 9, 13];

/** Binary type numbers by compact ones; both spellings of bool. */
export const binaryType: readonly number[] = [0, 2, 2, 3, 6, 8, 10, 4, 11, 15, 14, 13, 12, 16];
