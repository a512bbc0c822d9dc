import type { StackService } from '../../catalog/stack.ts';
import type { ContainerFacts } from '../../docker/facts.ts';
import type { ComposeService } from '../../harden/compose-model.ts';
import type { Outcome } from '../compose/service-check.ts';
import { exceptionOf, type ProbeContext, type Reading } from '../control.ts';
import type { ContainerSnapshot } from './container-snapshot.ts';

/** One service's container, and what it should be like. */
export interface ContainerTarget {
  service: string;
  facts: ContainerFacts;
  /** The rendered service; undefined where the document has none of that name. */
  rendered: ComposeService | undefined;
  known: StackService;
  snapshot: () => Promise<ContainerSnapshot>;
}

/** An outcome with what was read, where it is not the same for every container. */
export type ContainerOutcome = Outcome & { read?: string };

/**
 * Reads one thing from the container of every service. A service without a running container, and
 * a container that cannot be read, is unknown. A declared exception is added to a failure.
 *
 * @param read What is read, for reports.
 */
export async function probeContainers(
  context: ProbeContext,
  control: string,
  read: string,
  probe: (target: ContainerTarget) => Promise<ContainerOutcome> | ContainerOutcome,
): Promise<Reading[]> {
  return Promise.all(
    context.stack.services.map(async (known): Promise<Reading> => {
      const facts = context.containers.get(known.name);
      const base = { subject: known.name, read, from: facts?.name ?? known.name };
      if (!facts?.state.running) {
        const seen = 'no container of it runs';
        return { ...base, status: 'unknown', expected: 'a running container', seen };
      }
      try {
        const found = await probe({
          service: known.name,
          facts,
          rendered: context.rendered.services[known.name],
          known,
          snapshot: () => context.snapshot(known.name),
        });
        const exception =
          found.exception ?? (found.status === 'fail' ? exceptionOf(known, control) : undefined);
        return { ...base, ...found, ...(exception === undefined ? {} : { exception }) };
      } catch (error) {
        context.signal.throwIfAborted();
        const seen = `could not be read: ${firstLine(error)}`;
        return { ...base, status: 'unknown', expected: 'a readable container', seen };
      }
    }),
  );
}

/** The first line of an error's message; the engine's errors hold no output of commands. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0] ?? '';
}
