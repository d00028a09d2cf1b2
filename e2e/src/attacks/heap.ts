/** What a process holds once all garbage is gone, asked through its inspector. */
export class Heap {
  private last = 0;
  private readonly waiting = new Map<number, (result: unknown) => void>();

  private constructor(private readonly socket: WebSocket) {
    socket.addEventListener('message', ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
      if (id !== undefined) this.waiting.get(id)?.(result);
    });
  }

  /** Connects to where a process said on its standard error that it may be inspected. */
  static async of(said: string): Promise<Heap> {
    const url = /Debugger listening on (ws:\S+)/.exec(said)?.[1];
    if (url === undefined) throw new Error(`expected the address of an inspector, found ${said}`);
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', reject);
    });
    return new Heap(socket);
  }

  async bytes(): Promise<number> {
    await this.ask('HeapProfiler.collectGarbage', {});
    const expression = '(({heapUsed, external}) => heapUsed + external)(process.memoryUsage())';
    const answer = (await this.ask('Runtime.evaluate', { expression })) as {
      result: { value: number };
    };
    return answer.result.value;
  }

  close(): void {
    this.socket.close();
  }

  private ask(method: string, params: object): Promise<unknown> {
    const id = (this.last += 1);
    this.socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => this.waiting.set(id, resolve));
  }
}
