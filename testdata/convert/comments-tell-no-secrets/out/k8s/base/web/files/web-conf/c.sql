-- postgres://app:pa55word@store/app
SELECT 1;
