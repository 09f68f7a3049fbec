// One kind of harm that an endpoint can do, and what its owner is told.
import { inTurn } from './answers.ts';
import type { Answer } from './endpoint.ts';

/** One kind of answer. */
export interface Hostility {
  readonly kind: string;
  readonly answer: Answer;
  /** Where such an answer means anything; at the issuer's check and at issuing unless given. */
  readonly at?: 'check' | 'issuing';
  /** How often it has to be given before it counts as tried; once unless given. */
  readonly times?: number;
  /** What the issuer's Ready condition must say; `ready` where the answer serves all the same; anything unless given. */
  readonly issuerSays?: RegExp | 'ready';
  /** What a request's Ready condition must say while issuing is answered so; anything unless given. */
  readonly requestSays?: RegExp;
}

/** A secret that the endpoint knows and gives back wherever it can; it must never be seen again. */
export const planted = { accessKeyId: 'LTAIplanted', accessKeySecret: 'PLANTEDsecret+/0123456789abcdef' };

/** The forms in which the secret could be seen. */
export const plantedForms: readonly string[] = [
  planted.accessKeySecret,
  encodeURIComponent(planted.accessKeySecret),
  Buffer.from(planted.accessKeySecret).toString('base64'),
  Buffer.from(planted.accessKeySecret).toString('hex'),
];

/** A kind whose owner is told the same at the check and at issuing; several forms of it come in turn, each at one of both. */
export function saying(kind: string, answers: Answer | readonly Answer[], says: RegExp): Hostility {
  const told = { kind, issuerSays: says, requestSays: says };
  if (typeof answers === 'function') return { ...told, answer: answers };
  return { ...told, answer: inTurn(...answers), times: Math.ceil(answers.length / 2) };
}
