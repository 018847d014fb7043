/** Whoever came by a link to a page comes to that page: it stands behind the address's `#`, which the form would lose. */
const form = document.querySelector('form');
if (form !== null) form.action += location.hash;

export {};
