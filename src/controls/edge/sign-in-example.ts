import type { ComposeService } from '../../harden/compose-model.ts';
import { exampleService } from '../compose/example.ts';
import type { StaticModel } from '../control.ts';

/** An oauth2-proxy with its arguments. */
export function exampleSignIn(
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  service: ComposeService = {},
): StaticModel {
  return exampleService({
    image: 'quay.io/oauth2-proxy/oauth2-proxy:v7.8.1',
    command,
    environment,
    ...service,
  });
}
