import { signal } from '@preact/signals';

interface Message {
  id: number;
  says: string;
  undo?: { name: string; act: () => Promise<unknown> } | undefined;
}

const shown = signal<Message[]>([]);
let last = 0;

/** Says for some seconds that something is done, with its undoing where there is one. */
export function toast(says: string, undo?: Message['undo']): void {
  const message = { id: ++last, says, undo };
  shown.value = [...shown.value, message];
  setTimeout(() => remove(message.id), 8000);
}

const remove = (id: number) => {
  shown.value = shown.value.filter((message) => message.id !== id);
};

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown.value.map(({ id, says, undo }) => (
        <div key={id} class="toast">
          <span>{says}</span>
          {undo && (
            <button
              type="button"
              onClick={async () => {
                remove(id);
                await undo.act().catch((error: Error) => toast(error.message));
              }}
            >
              {undo.name}
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
