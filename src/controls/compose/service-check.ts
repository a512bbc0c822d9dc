import type { StackService } from '../../catalog/stack.ts';
import type { ComposeService } from '../../harden/compose-model.ts';
import { exceptionOf, type StaticModel, type StaticResult, type Status } from '../control.ts';
import { viewOf, type ServiceView } from './stack-view.ts';

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
  return judgeServices(model, control, keys, keys[0], ({ service, name, known }) =>
    check(service, name, known),
  );
}

/**
 * What {@link checkServices} does, for a check of what is known of a service.
 *
 * @param decides The keys in which a variable without a value leaves all unknown.
 * @param place The key that is the result's location where the outcome names none.
 */
export function judgeServices(
  model: StaticModel,
  control: string,
  decides: readonly string[],
  place: string,
  check: (view: ServiceView) => Outcome,
): StaticResult[] {
  const results: StaticResult[] = [];
  // Written out, not mapped and spread: hundreds of thousands are made of a large stack.
  for (const view of viewOf(model).services) {
    const { name: subject, known } = view;
    const open = openKey(model, view, decides);
    const found: Outcome =
      open === undefined
        ? check(view)
        : { status: 'unknown', expected: 'a final value', seen: `a variable in ${open}` };
    const { status, expected, seen } = found;
    // Nobody asks for the line of what holds: a large stack has hundreds of thousands of those.
    const isTold = status === 'fail' || status === 'unknown';
    const location = found.location ?? (isTold ? ['services', subject, place] : view.place);
    const result: StaticResult = { subject, status, expected, seen, location };
    const exception =
      found.exception ?? (status === 'fail' ? exceptionOf(known, control) : undefined);
    if (exception !== undefined) result.exception = exception;
    results.push(result);
  }
  return results;
}

/** The first of the keys in which a variable has no value. */
function openKey(
  model: StaticModel,
  view: ServiceView,
  keys: readonly string[],
): string | undefined {
  if (model.open) return view.isClosed ? undefined : keys.find((key) => view.isOpen(key));
  return keys.find((key) => hasVariable(view.service[key]));
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
