/**
 * For connections that prepare no statement: mysql2 makes room for 16,000 of them in each connection when it is opened,
 * half a megabyte. (0 would mean its default.)
 */
export const noPreparedStatements = { maxPreparedStatements: 1 } as const;
