import type { HostSettings } from '../../docker/facts.ts';
import type { ComposeService } from '../../harden/compose-model.ts';
import { exampleService } from '../compose/example.ts';
import { checkServices, outcome, shown } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

/** One kind of namespace that a container could share with its host. */
export interface NamespaceKind {
  id: string;
  severity: Control['severity'];
  /** The namespace's name in a title. */
  name: string;
  /** Compose key whose value `host` shares it. */
  key: 'network_mode' | 'pid' | 'ipc' | 'uts' | 'userns_mode';
  setting: keyof Pick<
    HostSettings,
    'networkMode' | 'pidMode' | 'ipcMode' | 'utsMode' | 'usernsMode'
  >;
  /** Name in the engine's answer. */
  inspected: string;
  why: string;
  references: readonly string[];
}

/** The control that a container has a namespace of its own, not the host's. */
export function hostNamespaceControl(kind: NamespaceKind): Control {
  const example = (value: string): ComposeService => ({ [kind.key]: value });
  return {
    id: kind.id,
    title: `No container shares the host's ${kind.name} namespace`,
    severity: kind.severity,
    domain: 'isolation',
    subject: 'service',
    grant: true,
    why: kind.why,
    references: kind.references,
    blindSpots: [
      "Namespaces are compared by what the engine was told; another container's namespace is the matter of other controls.",
    ],
    remedy: `Take ${kind.key}: host out.`,
    static: (model) =>
      checkServices(model, kind.id, [kind.key], (service) =>
        outcome(service[kind.key] !== 'host', 'not host', shown(service[kind.key])),
      ),
    probe: (context) =>
      probeContainers(context, kind.id, `docker inspect ${kind.inspected}`, ({ facts }) =>
        outcome(
          facts.host[kind.setting] !== 'host',
          'not host',
          facts.host[kind.setting] || 'private',
        ),
      ),
    examples: {
      pass: [exampleService({}), exampleService(example('private'))],
      fail: [exampleService(example('host'))],
    },
  };
}
