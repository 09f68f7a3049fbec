// Moments as text, the same on the wire and in messages.

/** `2027-01-31T09:30:00Z`: PCA's and everyone's way to write a moment to the second. */
export function formatMoment(moment: Date): string {
  return `${moment.toISOString().slice(0, 19)}Z`;
}
