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
    const { name: subject, known } = view;
    if (!applies.is(view)) {
      const { expected, not: seen } = applies;
      return {
        subject,
        status: 'not-applicable',
        expected,
        seen,
        location: view.place,
      };
    }
    const found = check(view);
    const { status, expected = applies.expected, seen } = found;
    const location = found.location ?? view.place;
    const exception =
      found.exception ?? (status === 'fail' ? exceptionOf(known, control) : undefined);
    const result: StaticResult = { subject, status, expected, seen, location };
    if (exception !== undefined) result.exception = exception;
    return result;
  });
}

/** The place of a variable of a service, or of another of its keys. */
export function placeOf(view: ServiceView, ...key: string[]): readonly string[] {
  return ['services', view.name, ...key];
}
