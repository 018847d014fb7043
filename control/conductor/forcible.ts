/** Conditions of the gate that a person may know better about than banyan can. All others hold the rows together. */
export const forcible = ['routers', 'routes', 'versions', 'transactions', 'disk', 'listening'] as const;
export type Forcible = (typeof forcible)[number];
