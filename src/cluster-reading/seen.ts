// What a look at something came to; a look never throws.
/** Seen; not there; hidden, since a right is missing (`right`: verb, resource and place); or not answered. */
export type Seen<T> =
  | { readonly kind: 'seen'; readonly value: T }
  | { readonly kind: 'absent' }
  | { readonly kind: 'hidden'; readonly right: string }
  | { readonly kind: 'unanswered'; readonly why: string };

/** Something that could not be seen. */
export type Unseen = Extract<Seen<never>, { readonly kind: 'hidden' | 'unanswered' }>;

/** A look that succeeded. */
export function seen<T>(value: T): Seen<T> {
  return { kind: 'seen', value };
}

/** The value, `otherwise` where there is none to be seen. */
export function valueOr<T, U>(look: Seen<T>, otherwise: U): T | U {
  return look.kind === 'seen' ? look.value : otherwise;
}

/** The look at something of what was seen. */
export function mapSeen<T, U>(look: Seen<T>, of: (value: T) => U): Seen<U> {
  return look.kind === 'seen' ? seen(of(look.value)) : look;
}
