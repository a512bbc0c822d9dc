import type { StackService } from '../../catalog/stack.ts';
import type { ComposeService } from '../../harden/compose-model.ts';
import { exceptionOf, type StaticModel, type StaticResult, type Status } from '../control.ts';

/** What a check says about one subject. */
export interface Outcome {
  status: Status;
  expected: string;
  seen: string;
  /** Where only part of what a control forbids is excepted, the check decides itself. */
  exception?: string;
  /** The precise place, where the first of the keys that the check reads is not it. */
  location?: readonly string[];
}

/** The result of a plain comparison. */
export function outcome(holds: boolean, expected: string, seen: string): Outcome {
  return { status: holds ? 'pass' : 'fail', expected, seen };
}

/**
 * Runs a check on every service of a Compose document. A value that still has a variable in it is
 * unknown: nobody can say what it will be. A declared exception is added to a failure.
 *
 * @param keys The service's keys that the check reads; the first is the result's location.
 */
export function checkServices(
  model: StaticModel,
  control: string,
  keys: readonly [string, ...string[]],
  check: (service: ComposeService, name: string, known: StackService | undefined) => Outcome,
): StaticResult[] {
  const stackServices =
    model.project &&
    new Map(model.project.stack.services.map((known) => [known.name, known] as const));
  return Object.entries(model.document.services).map(([name, service]) => {
    const known = stackServices?.get(name);
    const variables = model.open?.get(name);
    const open = keys.find((key) => (model.open ? variables?.has(key) : hasVariable(service[key])));
    const found =
      open === undefined
        ? check(service, name, known)
        : ({
            status: 'unknown' as const,
            expected: 'a final value',
            seen: `a variable in ${open}`,
          } satisfies Outcome);
    const { status, expected, seen } = found;
    const location = found.location ?? ['services', name, keys[0]];
    // Written out, not spread: hundreds of thousands are made of a large stack.
    const result: StaticResult = { subject: name, status, expected, seen, location };
    const exception =
      found.exception ?? (status === 'fail' ? exceptionOf(known, control) : undefined);
    if (exception !== undefined) result.exception = exception;
    return result;
  });
}

/** True where a `${...}` is left that Compose would expand; `$$` is a plain dollar. */
export function hasVariable(value: unknown): boolean {
  if (typeof value === 'string') return value.replaceAll('$$', '').includes('${');
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(hasVariable);
}

/** A value of a Compose file as short text for reports. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'not set';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
