// How many files it takes to widen the house, counted: throw-away parts are laid over the sources
// in memory, and the compiler says which files would have to change. ARCHITECTURE.md states the
// counts.
//   node tools/widths.cjs
// tools/house-check.cjs runs it as one of its rules.
const { readFileSync } = require('node:fs');
const { join, relative } = require('node:path');
const ts = require('typescript');
const { filesBelow, projectFolders, root } = require('./projects.cjs');

/**
 * @typedef {object} Part what is laid over the sources
 * @property {Record<string, string>} files new files, by path
 * @property {Record<string, readonly (readonly [RegExp, string])[]>} lines what is put into files
 */

const read = (/** @type {string} */ path) => readFileSync(join(root, path), 'utf8');

/**
 * A kind of step. What it does is what a gate does, since where it is written is counted, not what
 * it says.
 * @type {Part}
 */
const STEP = {
  files: {
    'libs/contracts/src/steps/probe.ts': `import { z } from 'zod';
export const probeStep = {
  is: 'a probe',
  fields: { probe: z.string().optional() },
  events: {},
  commands: {},
} as const;
`,
    'libs/core/src/steps/probe.ts': `import { gateKind, type GateWork } from './gate';
import type { StepKind } from './kind';
export type ProbeWork = Omit<GateWork, 'kind'> & { readonly kind: 'probe' };
export const probeKind = gateKind as unknown as StepKind<ProbeWork>;
`,
  },
  lines: {
    'libs/contracts/src/steps/kinds.ts': [
      [/^/, "import { probeStep } from './probe';\n"],
      [/(gate: gateStep)/, '$1, probe: probeStep'],
      [/(\.\.\.gateStep\.fields)/, '$1, ...probeStep.fields'],
      [/(\.\.\.gateStep\.events)/, '$1, ...probeStep.events'],
      [/(\.\.\.gateStep\.commands)/, '$1, ...probeStep.commands'],
    ],
    'libs/core/src/steps/kinds.ts': [
      [/^/, "import { probeKind, type ProbeWork } from './probe';\n"],
      [/(export type Work = [^;]*GateWork)/, '$1 | ProbeWork'],
      [/(gate: gateKind)/, '$1, probe: probeKind'],
    ],
  },
};

/**
 * A kind of agent, which is performed as a function is.
 * @type {Part}
 */
const AGENT = {
  files: {
    'libs/contracts/src/agents/probe.ts': `import { z } from 'zod';
import { name, version } from '../ids';
import { agentFields, capabilityFields } from './parts';
const schema = z.strictObject({
  name,
  version,
  kind: z.literal('probe'),
  ...agentFields,
  capabilities: z.record(name, z.strictObject({ ...capabilityFields })),
});
export const probeAgent = { schema, mistakeIn: () => null } as const;
`,
    'libs/sdk/src/agents/probe.ts': `import type { AgentAs } from '@fermata/contracts';
import { functionAgents } from './function';
import type { ProjectAgentKind } from './kind';
export const probeAgents = functionAgents as unknown as ProjectAgentKind<AgentAs<'probe'>>;
`,
    'apps/agent-runner/src/agents/probe.ts': `import type { AgentAs } from '@fermata/contracts';
import { functionAgents } from './function';
import type { PerformedKind } from './kind';
export const probeAgents = functionAgents as unknown as PerformedKind<AgentAs<'probe'>>;
`,
  },
  lines: {
    'libs/contracts/src/agents/kinds.ts': [
      [/^/, "import { probeAgent } from './probe';\n"],
      [/(http: httpAgent,)/, '$1 probe: probeAgent,'],
    ],
    'libs/sdk/src/agents/kinds.ts': [
      [/^/, "import { probeAgents } from './probe';\n"],
      [/(http: httpAgents,)/, '$1 probe: probeAgents,'],
    ],
    'apps/agent-runner/src/agents/kinds.ts': [
      [/^/, "import { probeAgents } from './probe';\n"],
      [/(http: httpAgents,)/, '$1 probe: probeAgents,'],
    ],
  },
};

/** @type {Part} */
const PROJECTION = {
  files: {
    'apps/audit-projector/src/projections/probes.ts': `import { byEvent, type ChangesOf } from './projection';
export const probes = byEvent('checkpoints', {
  CheckpointReached: ({ data, sequence, at }) => ({
    label: data.label,
    steps: JSON.stringify(data.steps),
    sequence,
    at,
  }),
} satisfies ChangesOf<'checkpoints', 'label'>);
`,
  },
  lines: {
    'apps/audit-projector/src/projections/projections.ts': [
      [/^/, "import { probes } from './probes';\n"],
      [/(PROJECTIONS[^=]*= \[)/, '$1probes, '],
    ],
  },
};

/**
 * An event of a step.
 * @type {Part}
 */
const EVENT = {
  files: {},
  lines: {
    'libs/contracts/src/events.ts': [
      [
        /(\n {2}CheckpointReached: \{)/,
        "\n  ProbeTaken: { wire: 'fermata.probe.taken.v1', data: z.strictObject({ step: stepPath }) },$1",
      ],
    ],
  },
};

/**
 * A rule that no policy changes.
 * @type {Part}
 */
const RULE = {
  files: {
    'libs/core/src/policy/probe.ts': `import type { Answering } from './rule';
export const probe: Answering<{ readonly amount: number }, boolean> = ({ amount }) => {
  return { outcome: amount > 7, rule: 'fixed.probe' };
};
`,
  },
  lines: {
    'libs/core/src/policy/consult.ts': [
      [/(import [^\n]*'\.\/silence';\n)/, "$1import { probe } from './probe';\n"],
      [/(\n {4}silence,)/, '$1 probe,'],
    ],
  },
};

/** Text of each file that the parts make or change, by absolute path. */
function overlayOf(/** @type {readonly Part[]} */ parts) {
  const overlay = new Map();
  for (const { files, lines } of parts) {
    for (const [path, text] of Object.entries(files)) overlay.set(join(root, path), text);
    for (const [path, changes] of Object.entries(lines)) {
      let text = overlay.get(join(root, path)) ?? read(path);
      for (const [where, what] of changes) {
        if (!where.test(text)) throw new Error(`Expected ${where} in ${path}, found none.`);
        text = text.replace(where, what);
      }
      overlay.set(join(root, path), text);
    }
  }
  return overlay;
}

const SOURCES = projectFolders()
  .flatMap((project) => filesBelow(join(root, project, 'src')))
  .filter((file) => /(?<!\.spec|\.fixture)\.ts$/.test(file));

/** Files that nothing is laid over, parsed once. */
const parsed = new Map();

/** The files in which the compiler finds a fault when the parts are laid over the sources. */
function namedWith(/** @type {readonly Part[]} */ ...parts) {
  const overlay = overlayOf(parts);
  const { config } = ts.readConfigFile(join(root, 'tsconfig.lint.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, include: [], files: [] },
    ts.sys,
    root,
  );
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (path) => overlay.get(path) ?? readFile(path);
  host.fileExists = (path) => overlay.has(path) || fileExists(path);
  host.getSourceFile = (path, ...how) => {
    if (overlay.has(path)) return getSourceFile(path, ...how);
    if (!parsed.has(path)) parsed.set(path, getSourceFile(path, ...how));
    return parsed.get(path);
  };
  const rootNames = [...new Set([...SOURCES, ...overlay.keys()])];
  const faults = ts.createProgram({ rootNames, options, host }).getSemanticDiagnostics();
  return [...new Set(faults.map(({ file }) => relative(root, file?.fileName ?? root)))].sort();
}

/** What the page says of a part: new files, files with a line more, files the compiler names. */
function stated(/** @type {string} */ part) {
  const row = new RegExp(`^\\| ${part} +\\| (\\d+) +\\| (\\d+) +\\| (\\d+) +\\|`, 'm');
  return row.exec(read('ARCHITECTURE.md'))?.slice(1).map(Number) ?? null;
}

/**
 * @param {string} name
 * @param {Part} part what somebody writes who adds it
 * @param {readonly string[]} names what the compiler names then
 */
function compare(name, part, names) {
  const page = stated(name);
  if (page === null) return [`expected ARCHITECTURE.md to state the counts of ${name}`];
  const made = Object.keys(part.files).length;
  const told = Object.keys(part.lines).length;
  const found = [made, told, names.length];
  if (found.join() === page.join()) return [];
  const more = names.length === 0 ? '' : `: the compiler names ${names.join(', ')}`;
  return [
    `expected ${name} to take ${page.join(', ')}, as ARCHITECTURE.md says, found ${found.join(', ')}${more}`,
  ];
}

/** Widening the house takes what ARCHITECTURE.md says, no more and no less. */
function widthsAreStated() {
  const whole = namedWith(STEP, AGENT, PROJECTION, RULE);
  return [
    ...compare('a kind of step', STEP, whole),
    ...compare('a kind of agent', AGENT, whole),
    ...compare('a projection', PROJECTION, whole),
    ...compare('a rule of policy', RULE, whole),
    // That the compiler names files here shows that it would name them above.
    ...compare('an event of a step', EVENT, namedWith(EVENT)),
  ];
}

module.exports = { widthsAreStated };

if (require.main === module) {
  const problems = widthsAreStated();
  for (const problem of problems) console.error(problem);
  console.log(`widths: ${problems.length === 0 ? 'ok' : `${problems.length} problems`}`);
  process.exit(problems.length === 0 ? 0 : 1);
}
