import {
  canonicalJson,
  gatePlace,
  rfc3339,
  type CommandOf,
  type ErrorCode,
  type Json,
} from '@fermata/contracts';
import { sha256Hex } from '../../digest';
import type { GraphStep } from '../../graph/graph';
import { consult } from '../../policy/consult';
import { completeStep, startAndGoOn } from '../advance';
import {
  accepted,
  codeOfFailure,
  draftOf,
  emit,
  graphStep,
  refused,
  type Decision,
  type DecisionContext,
  type Draft,
} from '../draft';
import { gateAt, UNTOUCHED, type OpenGate } from '../../steps/kind';
import { answerRule } from '../../steps/kinds';
import { hasEnded, stepOf, type RunState } from '../state';

type Decide = CommandOf<'DecideGate'>;
type Refusal = readonly [code: ErrorCode, message: string];

/** A person answers a gate. Every rule is checked here again, whatever the edge has checked. */
export function decideGate(command: Decide, run: RunState, context: DecisionContext): Decision {
  const found = findGate(command, run, context);
  if ('refusal' in found) return refused(...found.refusal);
  const { step, gate } = found;
  const data = dataOf(command, gate);
  const { approver, groups, decision } = command.data;
  const asked = { approver, groups, gate, run };
  const may = consult(context.graph.rules, 'decide', asked);
  const refusal =
    whyTooLate(gate, run, context.at) ?? may.outcome ?? whyNot(command, step, gate, data, context);
  if (refusal !== null) return refused(...refusal);
  const draft = draftOf(run, context);
  emit(draft, 'GateDecided', {
    step: step.id,
    gate: gate.id,
    decision,
    approver,
    groups,
    data,
    edited: command.data.data !== undefined && canonicalJson(data) !== canonicalJson(gate.shown),
    dataDigest: sha256Hex(canonicalJson(data)),
    reason: command.data.reason ?? null,
    policy: may.version,
    rule: may.rule,
  });
  followUp(draft, step, gate, command, data);
  return accepted(draft);
}

function findGate(
  command: Decide,
  run: RunState,
  context: DecisionContext,
): { readonly step: GraphStep; readonly gate: OpenGate } | { readonly refusal: Refusal } {
  const { gate: id } = command.data;
  const place = gatePlace(id);
  const step = place === null ? undefined : graphStep(context.graph, place.step);
  const state = step === undefined ? UNTOUCHED : stepOf(run, step.id);
  const ended = hasEnded(run);
  const known = place?.run === run.run && (ended || place.ordinal <= state.gates);
  if (step === undefined || !known) {
    const found = `expected a gate of run ${run.run}, found "${id}"; list the open approvals`;
    return { refusal: ['NOT_FOUND', found] };
  }
  const gate = gateAt(state);
  if (ended || gate?.id !== id) {
    const found = `expected an open gate, found that ${id} is closed; nothing is left to decide`;
    return { refusal: ['GATE_CLOSED', found] };
  }
  return { step, gate };
}

function whyTooLate(gate: OpenGate, run: RunState, at: number): Refusal | null {
  const moment = run.pausedAt ?? at;
  if (moment <= gate.dueAt) return null;
  const [by, given] = [rfc3339(gate.dueAt), rfc3339(moment)];
  const found = `expected a decision on ${gate.id} by ${by}, found one at ${given}`;
  return ['DECISION_TOO_LATE', `${found}; see what the gate's onDue did`];
}

/** The data decided on: as edited, as shown, or for an effect in doubt the outcome it had. */
function dataOf(command: Decide, gate: OpenGate): Json {
  if (command.data.data !== undefined) return command.data.data;
  return gate.cause === 'doubt' ? null : gate.shown;
}

function whyNot(
  command: Decide,
  step: GraphStep,
  gate: OpenGate,
  data: Json,
  context: DecisionContext,
): Refusal | null {
  const { decision } = command.data;
  if (decision === 'retry' && gate.cause !== 'doubt') {
    const found = `expected approve or reject on ${gate.id}, found retry`;
    return ['DECISION_INVALID', `${found}; retry is for effects in doubt`];
  }
  if (decision !== 'approve') return null;
  const violation = violationOf(command, step, gate, data, context);
  if (violation === null) return null;
  return [codeOfFailure(context, 'DECISION_INVALID'), violation];
}

function violationOf(
  command: Decide,
  step: GraphStep,
  gate: OpenGate,
  data: Json,
  { meter }: DecisionContext,
): string | null {
  // What was shown is approved as it is; an effect in doubt shows no outcome.
  if (command.data.data === undefined && gate.cause !== 'doubt') return null;
  const rule = answerRule(step.work, gate.cause);
  return rule === null ? null : rule(gate.shown, data, meter);
}

function followUp(
  draft: Draft,
  step: GraphStep,
  gate: OpenGate,
  command: Decide,
  data: Json,
): void {
  const { decision, approver } = command.data;
  const reason = command.data.reason ?? null;
  if (decision === 'reject') {
    const rejected = { step: step.id, gate: gate.id, code: 'GATE_REJECTED', reason: reason ?? '' };
    emit(draft, 'RunRejected', rejected);
  } else if (gate.cause === 'review') {
    completeStep(draft, step, 0, { decision, data, approver, reason });
  } else if (gate.cause === 'doubt' && decision === 'approve') {
    completeStep(draft, step, gate.doubt?.attempt ?? 0, data);
  } else if (draft.run.status === 'running') {
    startAndGoOn(draft, step);
  }
}
