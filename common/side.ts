/** Who may own a feature's rows and answer its requests. */
export const sides = ['legacy', 'service'] as const;
export type Side = (typeof sides)[number];
