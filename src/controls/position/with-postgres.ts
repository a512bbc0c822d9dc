import type { ProbeContext, Reading } from '../control.ts';
import { postgresService } from './psql.ts';

/** Runs where the stack has Postgres; elsewhere answers that it does not apply. */
export async function withPostgres(
  context: ProbeContext,
  run: (from: string) => Promise<Reading[]>,
): Promise<Reading[]> {
  if (context.stack.services.some((service) => service.name === postgresService)) {
    return run(context.containers.get(postgresService)?.name ?? postgresService);
  }
  return [
    {
      subject: postgresService,
      status: 'not-applicable',
      read: 'the stack',
      from: context.stack.project,
      expected: 'Postgres',
      seen: 'the stack has none',
    },
  ];
}

/** The image of the running server: it has psql. */
export function postgresImage(context: ProbeContext): string {
  return context.containers.get(postgresService)?.imageId ?? '';
}
