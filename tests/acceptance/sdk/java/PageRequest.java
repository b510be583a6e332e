/** A page of a list: the parameters that all lists have. */
public class PageRequest {
    private Integer limit;
    private Integer offset;

    PageRequest(int limit, int offset) {
        this.limit = limit;
        this.offset = offset;
    }

    Integer getLimit() {
        return limit;
    }

    void setLimit(Integer limit) {
        this.limit = limit;
    }

    Integer getOffset() {
        return offset;
    }

    void setOffset(Integer offset) {
        this.offset = offset;
    }
}
