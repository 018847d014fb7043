/**
 * Named points in the long protocols (`copy:after-read`, `cutover:after-fence`, …) at which a test can stop a process,
 * let the other side move, and go on. In production nothing listens and a point costs one call.
 */
export interface StopPoints {
  reach(point: string, about?: Readonly<Record<string, unknown>>): void | Promise<void>;
}

export const noStopPoints: StopPoints = { reach() {} };
