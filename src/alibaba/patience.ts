// How long a caller waits: until its deadline or its AbortSignal, over several promises in turn.

/** What waiting came to. */
export type Waited<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'thrown'; readonly thrown: unknown }
  | { readonly kind: 'Cancelled' | 'DeadlineExceeded' };

/** One budget of time. `wait` never rejects; `end` must be called, or a timer and a listener stay behind. */
export interface Patience {
  wait<T>(promise: Promise<T>): Promise<Waited<T>>;
  end(): void;
}

/** Patience that ends after so many milliseconds, or when the signal aborts. */
export function patienceOf(signal: AbortSignal, milliseconds: number): Patience {
  const { promise: over, resolve } = Promise.withResolvers<{ readonly kind: 'Cancelled' | 'DeadlineExceeded' }>();
  const cancel = (): void => resolve({ kind: 'Cancelled' });
  const timer = setTimeout(() => resolve({ kind: 'DeadlineExceeded' }), milliseconds);
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  return {
    // `over` first: what is already over is not overtaken by a promise that is settled as well.
    wait: (promise) => Promise.race([over, settled(promise)]),
    end: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
      cancel();
    },
  };
}

function settled<T>(promise: Promise<T>): Promise<Waited<T>> {
  return promise.then(
    (value) => ({ kind: 'value', value }),
    (thrown: unknown) => ({ kind: 'thrown', thrown }),
  );
}
