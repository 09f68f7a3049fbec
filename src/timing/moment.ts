// Moments as text, the same on the wire and in messages.

/** `2027-01-31T09:30:00Z`: a moment to the second, as PCA, Kubernetes' `metav1.Time` and people write it. */
export function formatMoment(moment: Date): string {
  return `${moment.toISOString().slice(0, 19)}Z`;
}

/** `2027-01-31T09:30:00.250000Z`: Kubernetes' `metav1.MicroTime`, which must have exactly six digits after the point. */
export function formatMicroTime(moment: Date): string {
  return moment.toISOString().replace('Z', '000Z');
}
