import type { PolicyRef } from '@fermata/contracts';
import type { Compilation } from '../graph/author';
import type { Pieces } from '../pieces';
import { approversOf } from './approvers';
import { attemptsBy } from './attempts';
import { classGate } from './class-gate';
import { fourEyes } from './four-eyes';
import type { Answer, Answering } from './rule';
import { silence } from './silence';

/** Every rule, by what it is asked about; one that the policy writes is read from it. */
function* answersOf(compilation: Compilation) {
  const { policy } = compilation.definition;
  return {
    /** Does a step of this class, with this input, need a person before it starts? */
    gate: yield* classGate(compilation),
    /** Who approves what no author names approvers for? */
    approvers: approversOf(policy),
    /** How often, and how long, is a step of this class tried? */
    attempts: attemptsBy(policy),
    /** May this person decide this gate? */
    decide: fourEyes,
    /** What follows when nobody answers? */
    silence,
  };
}

type Answers = ReturnType<typeof answersOf> extends Generator<unknown, infer A> ? A : never;
type Topic = keyof Answers;
type QuestionOf<T extends Topic> = Answers[T] extends Answering<infer Q, unknown> ? Q : never;
type OutcomeOf<T extends Topic> = ReturnType<Answers[T]>['outcome'];

/** A policy, read: what it and what no policy may change say, under the policy's version. */
export interface Policy {
  readonly version: PolicyRef;
  readonly answers: { readonly [T in Topic]: Answering<QuestionOf<T>, OutcomeOf<T>> };
}

/** What a policy says, the rule that said it, and the version of the policy. */
export interface Consulted<O> extends Answer<O> {
  readonly version: PolicyRef;
}

/** Reads a policy for the definition that it governs. */
export function* readPolicy(compilation: Compilation, version: PolicyRef): Pieces<Policy> {
  return { version, answers: yield* answersOf(compilation) };
}

/** Asks a policy: the one place where a decision learns what it says. */
export function consult<T extends Topic>(
  { version, answers }: Policy,
  topic: T,
  question: QuestionOf<T>,
): Consulted<OutcomeOf<T>> {
  const answer: Answering<QuestionOf<T>, OutcomeOf<T>> = answers[topic];
  const { outcome, rule } = answer(question);
  return { outcome, rule, version };
}
