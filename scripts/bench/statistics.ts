// What a series of measurements is told as. Pure.

/** The value in the middle, or the mean of the two there; not a number for an empty series. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? Number.NaN)) / 2 : upper;
}

/** The smallest value that at least this share (0 to 1) of the series does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** A point of a line. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** How much y grows with each unit of x: the slope of the line with the least squares; 0 for fewer than two points. */
export function slope(points: readonly Point[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map((point) => point.x)), mean(points.map((point) => point.y))];
  const variance = points.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
  return points.length < 2 || variance === 0
    ? 0
    : points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0) / variance;
}
