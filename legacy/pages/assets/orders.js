// Puts new orders on top of the list as they come. Without it, the page shows them when it is loaded again.
const list = document.querySelector('#orders');
const state = document.querySelector('#live');
const source = new EventSource(state.dataset.stream);

source.addEventListener('open', () => {
  state.textContent = 'New orders appear by themselves.';
});
source.addEventListener('error', () => {
  state.textContent = 'The connection is lost; trying again.';
});
source.addEventListener('order', ({ data }) => {
  const { id, createdAt, total, status, note } = JSON.parse(data);
  const row = document.createElement('tr');
  for (const text of [id, createdAt.slice(0, 19).replace('T', ' '), total, status, note ?? '']) {
    const cell = document.createElement('td');
    cell.textContent = text;
    row.append(cell);
  }
  // Shipping it takes a form: that comes with the next load.
  row.append(document.createElement('td'));
  list.prepend(row);
  document.querySelector('.none')?.remove();
});
