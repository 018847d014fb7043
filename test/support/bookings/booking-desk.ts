import mysql, { type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';

export interface Booking {
  readonly number: number;
  readonly guest: string;
  readonly day: string;
  readonly seats: number | null;
  readonly paid: boolean;
  readonly notes: readonly string[];
}

export type NewBooking = Pick<Booking, 'guest' | 'day' | 'notes'> & { readonly seats?: number | null };

/** Two tables: one with a wide integer key and a second unique key, one with a key of two columns. */
const tables = `
  CREATE TABLE bookings (
    number BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    guest VARCHAR(80) NOT NULL,
    held_on DATE NOT NULL,
    seats SMALLINT NULL,
    paid TINYINT(1) NOT NULL DEFAULT 0,
    PRIMARY KEY (number),
    UNIQUE KEY one_a_day (held_on, guest)
  ) ENGINE=InnoDB CHARACTER SET utf8mb4;
  CREATE TABLE booking_notes (
    booking BIGINT UNSIGNED NOT NULL,
    line INT NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (booking, line)
  ) ENGINE=InnoDB CHARACTER SET utf8mb4;`;

/** The feature's rules over its own tables, the same for the monolith and the service. */
export class BookingDesk implements AsyncDisposable {
  readonly pool: mysql.Pool;

  constructor(database: DatabaseEndpoint) {
    this.pool = mysql.createPool({
      ...database,
      multipleStatements: true,
      dateStrings: true,
      connectionLimit: 8,
    });
  }

  async createTables(): Promise<void> {
    await this.pool.query(tables);
  }

  async find(number: number): Promise<Booking | null> {
    const [rows] = await this.pool.query<RowDataPacket[]>('SELECT * FROM bookings WHERE number = ?', [
      number,
    ]);
    return rows[0] ? this.#withNotes(rows[0]) : null;
  }

  async onDay(day: string): Promise<Booking[]> {
    const [rows] = await this.pool.query<RowDataPacket[]>(
      'SELECT * FROM bookings WHERE held_on = ? ORDER BY number',
      [day],
    );
    return Promise.all(rows.map((row) => this.#withNotes(row)));
  }

  /** Null where the guest has a booking on that day. */
  async book({ guest, day, seats = null, notes }: NewBooking): Promise<Booking | null> {
    const connection = await this.pool.getConnection();
    try {
      await connection.beginTransaction();
      const [made] = await connection.query<ResultSetHeader>(
        'INSERT INTO bookings (guest, held_on, seats) VALUES (?, ?, ?)',
        [guest, day, seats],
      );
      for (const [line, words] of notes.entries()) {
        await connection.query('INSERT INTO booking_notes VALUES (?, ?, ?)', [made.insertId, line, words]);
      }
      await connection.commit();
      return { number: made.insertId, guest, day, seats, paid: false, notes };
    } catch (error) {
      await connection.rollback();
      if ((error as { errno?: number }).errno === 1062) return null;
      throw error;
    } finally {
      connection.release();
    }
  }

  async cancel(number: number): Promise<boolean> {
    await this.pool.query('DELETE FROM booking_notes WHERE booking = ?', [number]);
    const [gone] = await this.pool.query<ResultSetHeader>('DELETE FROM bookings WHERE number = ?', [number]);
    return gone.affectedRows === 1;
  }

  /** Every row of both tables, in key order. */
  async everything(): Promise<RowDataPacket[][]> {
    const [bookings] = await this.pool.query<RowDataPacket[]>('SELECT * FROM bookings ORDER BY number');
    const [notes] = await this.pool.query<RowDataPacket[]>(
      'SELECT * FROM booking_notes ORDER BY booking, line',
    );
    return [bookings, notes];
  }

  async #withNotes(row: RowDataPacket): Promise<Booking> {
    const [notes] = await this.pool.query<RowDataPacket[]>(
      'SELECT words FROM booking_notes WHERE booking = ? ORDER BY line',
      [row.number],
    );
    const { number, guest, held_on: day, seats, paid } = row;
    return { number, guest, day, seats, paid: paid === 1, notes: notes.map(({ words }) => words) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.end();
  }
}
