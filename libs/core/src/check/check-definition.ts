import { LIMITS, type Definition } from '@fermata/contracts';
import { compileWith } from '../graph/compile';
import type { Compilation, Placed } from '../graph/author';
import { hasErrors, isFull, complain, warn, type Problem, type Report } from '../graph/problem';
import { isOfKind, type Graph, type GraphStep } from '../graph/graph';
import { alternativesOfSchema } from '../handoff/alternatives';
import { drained, type Pieces } from '../pieces';
import { parseExpression } from '../expression/environment';
import { stepsNamed } from '../expression/expression';
import { constantConditions, outsideLists } from './conditions';
import type { Formula, Goal } from './formula';
import { wayAround } from './gates';
import { uncertainReads, type Reader } from './reads';
import type { Reading } from './reading';
import { checkSizeOfWork } from './size';
import type { StatusMeans, Work } from './solve';
import { completed, formulaOf, type Translation } from './translate';

/** What an author is told of a definition: its graph unless there is an error, and all problems. */
export interface Checked {
  readonly graph: Graph | null;
  readonly problems: readonly Problem[];
}

/**
 * Checks a definition before anybody may start it: all that `compileDefinition` needs, and what a
 * run would only find out on its way. What was deployed once is not checked again: it stays as it
 * is, so that a log is read tomorrow as it was read when it was written.
 */
export function checkDefinition(definition: Definition): Checked {
  return drained(checking(definition));
}

/** Checks a definition in pieces: each is one of compiling it, or an expression, or an effect. */
export function* checking(definition: Definition): Pieces<Checked> {
  const report: Report = { problems: [] };
  const placed: Placed[] = [];
  const compiled = yield* compileWith(definition, report, placed);
  if (compiled === null || hasErrors(report)) return { graph: null, problems: report.problems };
  const { graph, compilation } = compiled;
  yield* checkSizeOfWork(compilation, placed);
  if (hasErrors(report)) return { graph: null, problems: report.problems };
  const check = new Check(compilation, graph);
  yield* check.comparisons(placed);
  // What follows is worked out of conditions: out of wrong ones would only follow more wrong.
  if (!hasErrors(report)) yield* check.reads(placed);
  if (!hasErrors(report)) yield* check.gates();
  check.tellIfUnfinished();
  return { graph: hasErrors(report) ? null : graph, problems: report.problems };
}

/** What one definition's conditions say, worked out once. */
class Check {
  private readonly work: Work = { left: LIMITS.checkStepsMax };
  private readonly input: Reading['input'];
  private readonly outputs = new Map<string, Reading['input']>();
  private readonly conditions = new Map<string, Formula>();
  private readonly behind: Translation;
  private readonly anywhere: Translation;

  constructor(
    private readonly compilation: Compilation,
    private readonly graph: Graph,
  ) {
    const { input } = compilation.definition.workflow;
    this.input = input === undefined ? null : alternativesOfSchema(input);
    const indexOf = graph.indexOf;
    this.behind = { reading: this.reading(ENDED), indexOf };
    this.anywhere = { reading: this.reading(ANY_STATUS), indexOf };
  }

  /** Comparisons with what can't be, and conditions that are none. */
  *comparisons(placed: readonly Placed[]): Pieces<void> {
    const { report } = this.compilation;
    for (const { source, place } of placed) {
      yield;
      const ast = isFull(report) ? null : parseExpression(source);
      if (ast === null) continue;
      const outside = outsideLists(ast, this.anywhere.reading);
      for (const { offset, message } of outside) {
        complain(report, 'COMPARISON_IMPOSSIBLE', place.path, message, offset);
      }
      if (outside.length > 0) continue;
      const isCondition = place.wanted === 'bool';
      const found = constantConditions(ast, this.anywhere, { isCondition, work: this.work });
      for (const { offset, message } of found) {
        complain(report, 'CONDITION_CONSTANT', place.path, message, offset);
      }
    }
  }

  /** What is read though it may not be there. */
  *reads(placed: readonly Placed[]): Pieces<void> {
    const { report } = this.compilation;
    for (const { source, place } of placed) {
      yield;
      const ast = parseExpression(source);
      if (ast === null) continue;
      const { skipped, optional } = uncertainReads(ast, this.readerAt(place));
      if (place.path[0] === 'workflow') {
        for (const { offset, message } of skipped) {
          complain(report, 'STEP_MAY_BE_SKIPPED', place.path, message, offset);
        }
      }
      for (const { offset, message } of optional) {
        warn(report, 'FIELD_MAY_BE_ABSENT', place.path, message, offset);
      }
    }
  }

  /** Effects that run although the gate before them was skipped. */
  *gates(): Pieces<void> {
    const { compilation, graph } = this;
    const all = graph.steps.filter((step) => isOfKind(step, 'gate'));
    if (all.length === 0 || this.policyHolds()) return;
    for (const step of graph.steps) {
      if (step.work.risk !== 'effect') continue;
      yield;
      const gates = all.filter(({ index }) => compilation.precedes(index, step.index));
      if (gates.length === 0 || this.asksFor(step, gates)) continue;
      const skipped = (gate: { readonly id: string }): Goal => ({
        formula: completed(gate.id, this.behind),
        holds: false,
      });
      const shared = { goals: this.begun(step), skipped, means: this.means, work: this.work };
      const way = wayAround(step, gates, graph.steps, shared);
      if (way !== null) this.tellOf(step, way.gate.id, way.path);
    }
  }

  /** A check that gave up says so: silence would pass for a yes. */
  tellIfUnfinished(): void {
    if (this.work.left >= 0) return;
    const expected = `expected conditions that ${LIMITS.checkStepsMax} steps of work can follow`;
    const message = `${expected}, found more; the rest of them is not checked, so split the workflow`;
    warn(this.compilation.report, 'LIMIT_EXCEEDED', ['workflow', 'steps'], message);
  }

  private tellOf(step: GraphStep, gate: string, path: readonly string[]): void {
    const [, ...rest] = path;
    const condition = this.compilation.definition.workflow.steps[gate]?.when ?? 'true';
    const way = [`${gate} (skipped)`, ...rest].join(' → ');
    const expected = `expected a person to decide before each run of the effect ${step.id}`;
    const found = `found a way around its gate: ${way}, when ${condition} is false`;
    const remedy = `give ${step.id} the same condition, or ask there for steps.${gate}.status`;
    const path_ = ['workflow', 'steps', step.id];
    warn(this.compilation.report, 'GATE_AVOIDABLE', path_, `${expected}, ${found}; ${remedy}`);
  }

  private policyHolds(): boolean {
    return this.compilation.definition.policy.classes.effect.gate === 'always';
  }

  /** An author who asks in the effect's condition or input whether a gate was skipped, knows. */
  private asksFor({ id }: GraphStep, gates: readonly GraphStep[]): boolean {
    const { when = '', input = {} } = this.compilation.definition.workflow.steps[id] ?? {};
    const named = [when, ...Object.values(input)].flatMap((source) => stepsNamed(source));
    return gates.some((gate) => named.includes(gate.id));
  }

  private readerAt({ step, path }: Placed['place']): Reader {
    const isOwnCondition = path[1] === 'steps' && path[3] === 'when';
    const begun = step === null || isOwnCondition ? [] : this.begun(this.graph.steps[step]);
    const translation = path[0] === 'policy' ? this.anywhere : this.behind;
    return { translation, goals: begun, means: this.means, work: this.work };
  }

  /** A step that began is one whose condition gave true. */
  private begun(step: { readonly id: string } | undefined): readonly Goal[] {
    const formula = step && this.conditionOf(step.id);
    return formula === undefined ? [] : [{ formula, holds: true }];
  }

  /** A step is completed if its condition gave true, and skipped if it gave false. */
  private readonly means: StatusMeans = (step, isCompleted) => {
    const formula = this.conditionOf(this.graph.steps[step]?.id ?? '');
    if (formula !== undefined) return [{ formula, holds: isCompleted }];
    return isCompleted ? [] : [{ formula: { op: 'always', value: true }, holds: false }];
  };

  private conditionOf(id: string): Formula | undefined {
    const known = this.conditions.get(id);
    if (known !== undefined) return known;
    const when = this.compilation.definition.workflow.steps[id]?.when;
    const ast = when === undefined ? null : parseExpression(when);
    if (ast === null) return undefined;
    const formula = formulaOf(ast, this.behind);
    this.conditions.set(id, formula);
    return formula;
  }

  private reading(status: Reading['status']): Reading {
    return {
      input: this.input,
      output: (id) => this.outputOf(id),
      status,
      variables: new Map(),
      work: this.work,
    };
  }

  private outputOf(id: string): Reading['input'] {
    const known = this.outputs.get(id);
    if (known !== undefined) return known;
    const index = this.graph.indexOf.get(id) ?? -1;
    const isGate = isOfKind(this.graph.steps[index], 'gate');
    const schema = this.compilation.outputs[index] ?? null;
    const found = isGate ? DECIDED : schema && alternativesOfSchema(schema);
    this.outputs.set(id, found);
    return found;
  }
}

const ANY_STATUS = alternativesOfSchema({ enum: ['completed', 'skipped', 'pending'] });
/** What a step that ended before can be: one that failed has ended the run. */
const ENDED = alternativesOfSchema({ enum: ['completed', 'skipped'] });

/** What a gate gives. Its data is what was shown, or what the person made of it. */
const DECIDED = alternativesOfSchema({
  type: 'object',
  properties: { decision: { enum: ['approve', 'reject'] } },
  required: ['decision', 'data', 'approver', 'reason'],
});
