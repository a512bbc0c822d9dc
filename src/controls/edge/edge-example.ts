import type { ComposeService } from '../../harden/compose-model.ts';
import type { StaticModel } from '../control.ts';

/** A stack of Traefik with its arguments, and of one application with labels. */
export function exampleEdge(parts: {
  command?: readonly string[];
  edge?: ComposeService;
  /** Without their `traefik.http.`. */
  labels?: Readonly<Record<string, string>>;
  app?: ComposeService;
  /** Further services. */
  others?: Readonly<Record<string, ComposeService>>;
}): StaticModel {
  return {
    document: {
      services: {
        edge: {
          image: 'traefik:v3',
          ports: ['443:443'],
          command: ['--providers.docker.exposedbydefault=false', ...(parts.command ?? [])],
          ...parts.edge,
        },
        app: {
          image: 'ghost:5',
          labels: {
            'traefik.enable': 'true',
            ...Object.fromEntries(
              Object.entries(parts.labels ?? {}).map(([key, value]) => [
                `traefik.http.${key}`,
                value,
              ]),
            ),
          },
          ...parts.app,
        },
        ...parts.others,
      },
    },
  };
}
