/** Asks the Docker API (through whatever proxy DOCKER_API names) for the names of containers. */
export async function listContainers() {
  const base = process.env.DOCKER_API.replace(/^tcp:/, 'http:');
  const response = await fetch(new URL('/containers/json', base), {
    signal: AbortSignal.timeout(5000),
  });
  if (!response.ok) return { status: 502, body: { error: `docker api: ${response.status}` } };
  const containers = await response.json();
  return { status: 200, body: containers.flatMap((container) => container.Names) };
}
