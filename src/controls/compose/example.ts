import type { Stack } from '../../catalog/stack.ts';
import type { ComposeDocument, ComposeService } from '../../harden/compose-model.ts';
import type { Settings } from '../../settings/definition.ts';
import type { StaticModel } from '../control.ts';

/** A document with one service, `app`. */
export function exampleService(service: ComposeService): StaticModel {
  return { document: { services: { app: service } } };
}

/** A project with the given parts of a stack, rendered files by path, and Compose document. */
export function exampleProject(parts: {
  stack?: Partial<Stack>;
  settings?: Settings['values'];
  files?: Readonly<Record<string, string>>;
  document?: ComposeDocument;
}): StaticModel {
  const stack: Stack = {
    project: 'example',
    domain: 'example.com',
    services: [],
    networks: [],
    secrets: [],
    routes: [],
    postgres: [],
    redis: [],
    volumes: [],
    ...parts.stack,
  };
  return {
    document: parts.document ?? { services: {} },
    project: {
      stack,
      settings: { values: parts.settings ?? {}, sources: {} },
      files: new Map(Object.entries(parts.files ?? {})),
    },
  };
}
