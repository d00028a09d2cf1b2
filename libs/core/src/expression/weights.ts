/** Steps that the library takes to find out the type of an operand: it asks for all its keys. */
export function typeSteps(value: unknown): number {
  let steps = 0;
  let next = value;
  while (typeof next === 'object' && next !== null) {
    steps += 1;
    if (Array.isArray(next)) next = next[0];
    else {
      const entries = isPlain(next) ? next : {};
      const keys = Object.keys(entries);
      steps += 12 * keys.length;
      next = keys[0] === undefined ? null : entries[keys[0]];
    }
  }
  return steps;
}

function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  return Object.getPrototypeOf(value) === Object.prototype;
}

/** Steps of comparing two values: up to the first difference. */
export function equalitySteps(a: unknown, b: unknown): number {
  const walk = { steps: 0 };
  compare(a, b, walk);
  return walk.steps;
}

function compare(a: unknown, b: unknown, walk: { steps: number }): boolean {
  walk.steps += 1;
  if (typeof a === 'string' && typeof b === 'string') {
    walk.steps += Math.min(a.length, b.length) >> 3;
    return a === b;
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return a === b || (typeof a === 'bigint' ? Number(a) === b : typeof b === 'bigint');
  }
  walk.steps += 4;
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, at) => compare(item, b[at], walk));
  }
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  walk.steps += 8 * (left.size + right.size);
  if (left.size !== right.size) return false;
  return [...left].every(([key, member]) => compare(member, right.get(key), walk));
}

/** Steps of looking for a value in a list, or for a key in a map. */
export function membershipSteps(value: unknown, of: unknown): number {
  if (!Array.isArray(of)) return 1;
  if (typeof value === 'string') return of.length * (1 + (value.length >> 3));
  if (typeof value !== 'object' || value === null) return of.length;
  let steps = 0;
  for (const item of of) steps += equalitySteps(value, item);
  return steps;
}

/** Steps of looking at all of a text, or of a list's items. */
export function lengthSteps(value: unknown): number {
  if (typeof value === 'string') return value.length >> 2;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  return 0;
}

/** Steps of a function, beside those of knowing its operands' types. */
export function callSteps(name: string, operands: readonly unknown[]): number {
  const [first, second] = operands;
  const length = typeof first === 'string' ? first.length : lengthSteps(first);
  const sought = typeof second === 'string' ? second.length : 0;
  switch (name) {
    case 'contains':
    case 'indexOf':
    case 'lastIndexOf':
    case 'split':
      return 2 * length * (1 + (sought >> 3));
    case 'join':
      return textIn(first, sought);
    // Its pattern asks anew from each of the digits.
    case 'duration':
      return length ** 3;
    case 'size':
    case 'hex':
    case 'base64':
    case 'bytes':
    case 'string':
      return 2 * length;
    default:
      // A moment in another time zone is asked for by the calendar of the zone.
      return name.startsWith('get') && operands.length > 1 ? 5_000 : length + sought;
  }
}

function textIn(list: unknown, separator: number): number {
  if (!Array.isArray(list)) return 0;
  let steps = 0;
  for (const item of list) steps += 1 + separator + (typeof item === 'string' ? item.length : 0);
  return steps;
}
