import { changeEach, changeValueOf } from './change-node.ts';
import type { MappingNode, SourceNode } from './source.ts';

/**
 * A document in which each variable of an environment that is named without a value has the one that
 * Compose would take: that of `.env`. What is nowhere set stays as it is.
 * https://docs.docker.com/reference/compose-file/services/#environment
 */
export function inheritVariables(
  document: MappingNode,
  variables: ReadonlyMap<string, string>,
): MappingNode {
  const inherited = (value: SourceNode, name: string): SourceNode => {
    const own = variables.get(name);
    if (own === undefined || value.kind !== 'scalar' || value.value !== null) return value;
    return { ...value, value: own, written: `\${${name}}` };
  };
  return changeValueOf(document, 'services', (services) =>
    changeEach(services, (service) =>
      service.kind === 'mapping'
        ? changeValueOf(service, 'environment', (all) => changeEach(all, inherited))
        : service,
    ),
  );
}
