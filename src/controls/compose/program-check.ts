import { exceptionOf, type StaticModel, type StaticResult } from '../control.ts';
import type { Outcome } from './service-check.ts';
import { viewOf, type ServiceView } from './stack-view.ts';

/**
 * Runs a check on the services that it is about; every other one is not applicable. The check says
 * itself what it makes of a variable without a value: it reads single options, not whole keys.
 *
 * @param applies which services it is about, and what is said of the others
 */
export function checkPrograms(
  model: StaticModel,
  control: string,
  applies: { is: (view: ServiceView) => boolean; not: string; expected: string },
  check: (view: ServiceView) => Omit<Outcome, 'expected'> & { expected?: string },
): StaticResult[] {
  return viewOf(model).services.map((view) => {
    const base = {
      subject: view.name,
      expected: applies.expected,
      location: ['services', view.name],
    };
    if (!applies.is(view)) return { ...base, status: 'not-applicable', seen: applies.not };
    const found = { ...base, ...check(view) };
    const exception =
      found.exception ?? (found.status === 'fail' ? exceptionOf(view.known, control) : undefined);
    return exception === undefined ? found : { ...found, exception };
  });
}

/** The place of a variable of a service, or of another of its keys. */
export function placeOf(view: ServiceView, ...key: string[]): readonly string[] {
  return ['services', view.name, ...key];
}
