import type { StaticModel } from '../control.ts';
import type { ServiceView } from './stack-view.ts';

/** A configuration that the Compose file holds, or a file beside it, and where a service has it. */
export interface ConfigText {
  /** Absolute path in the container. */
  target: string;
  text: string;
  /** Where the text is written. */
  location: readonly string[];
}

/**
 * The configurations of a service whose text is known: it is in the document (`configs` with
 * `content`), or in a file that is mounted and was read.
 * https://docs.docker.com/reference/compose-file/configs/
 */
export function configTexts(model: StaticModel, view: ServiceView): ConfigText[] {
  const mounted = (model.mountedFiles ?? [])
    .filter(({ service }) => service === view.name)
    .map(({ target, text }) => ({ target, text, location: ['services', view.name, 'volumes'] }));
  return [...ofDocument(model, view), ...mounted];
}

function ofDocument({ document }: StaticModel, { service }: ServiceView): ConfigText[] {
  const configs = document['configs'];
  if (typeof configs !== 'object' || configs === null || !Array.isArray(service.configs)) return [];
  return (service.configs as unknown[]).flatMap((entry): ConfigText[] => {
    const { source, target } = (
      typeof entry === 'object' && entry !== null ? entry : { source: entry }
    ) as { source?: unknown; target?: unknown };
    if (typeof source !== 'string' || !Object.hasOwn(configs, source)) return [];
    const text = (configs as Record<string, { content?: unknown } | null>)[source]?.content;
    if (typeof text !== 'string') return [];
    const path = typeof target === 'string' && target !== '' ? target : source;
    return [
      {
        target: path.startsWith('/') ? path : `/${path}`,
        text,
        location: ['configs', source, 'content'],
      },
    ];
  });
}
