// The few drawings, in the colour of the text beside them and silent to screen readers.

const Icon = ({ path }: { path: string }) => (
  <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
    <path d={path} fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" />
  </svg>
);

export const ChatIcon = () => (
  <Icon path="M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2Z" />
);
export const CloseIcon = () => <Icon path="M6 6l12 12M18 6L6 18" />;
export const NewTabIcon = () => <Icon path="M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5" />;
export const PersonIcon = () => (
  <Icon path="M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20c1-3.6 4-5.5 7.5-5.5s6.5 2 7.5 5.5" />
);
export const DownIcon = () => <Icon path="M12 5v14M6 13l6 6 6-6" />;
