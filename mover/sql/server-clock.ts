/**
 * Milliseconds since 1970 by a server's clock, as an expression in SQL. Sessions are in UTC, where no local time is twice.
 *
 * An epoch that is claimed where none is known begins with it: it is later than any that was claimed before all that was forgotten, also where a
 * feature was ended and begun again within a second.
 */
export const serverClockMs = 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED)';
