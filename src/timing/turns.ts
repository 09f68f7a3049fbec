// Dear work that comes from outside, one piece in each turn of the event loop: what arrives together is not done together, so
// that timers and other connections wait for one piece at most.

const waiting: (() => void)[] = [];

/** Resolves in a turn of the event loop that nobody else has who asked here, in the order of asking. */
export async function ownTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(giveTurn);
  });
}

// What a promise leads to is done before the next immediate, and that one comes in the turn after this.
function giveTurn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(giveTurn);
}
