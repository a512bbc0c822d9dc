import type { Stack } from '../catalog/stack.ts';
import type { ContainerLister, ContainerOutline } from '../docker/project-containers.ts';
import { configLabel, serviceLabel } from '../render/compose-file.ts';

/** One service as it runs, or does not. */
export interface ServiceState {
  service: string;
  /** The container's id; null where there is none. */
  container: string | null;
  /** `running`, `exited`, ...; `missing` without a container. */
  state: string;
  /** `healthy`, `unhealthy`, `starting`, or '' where it does not run. */
  health: string;
  /** The value of the label that identifies the configuration it was made with. */
  config: string;
  image: string;
  imageId: string;
}

/** The state of every service of the stack, and of containers that belong to it no longer. */
export async function observe(engine: ContainerLister, stack: Stack): Promise<ServiceState[]> {
  const containers = await engine.listContainers({ project: stack.project });
  const byService = new Map<string, ContainerOutline>();
  for (const container of containers) {
    const service = container.labels[serviceLabel] ?? container.service ?? container.name;
    byService.set(service, container);
  }
  const names = new Set([...stack.services.map((service) => service.name), ...byService.keys()]);
  return [...names].sort().map((service): ServiceState => {
    const container = byService.get(service);
    return {
      service,
      container: container?.id ?? null,
      state: container?.state ?? 'missing',
      health:
        /\((?:health: )?(healthy|unhealthy|starting)\)/.exec(container?.status ?? '')?.[1] ?? '',
      config: container?.labels[configLabel] ?? '',
      image: container?.image ?? '',
      imageId: container?.imageId ?? '',
    };
  });
}

/**
 * True where a service runs, is healthy and has the wanted configuration.
 *
 * @param configs the wanted configuration checksums, by service
 */
export function isInForce(state: ServiceState, configs: ReadonlyMap<string, string>): boolean {
  return (
    state.state === 'running' &&
    state.health === 'healthy' &&
    state.config === configs.get(state.service)
  );
}
